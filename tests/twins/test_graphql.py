"""GraphQL on both twins: what it answers, what that costs in calls, and what is refused before it costs one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

import shared
from shared import bodies
from shared.graphql import documents
from shared.graphql.schema import SDL
from shared.settings import Twin
from tests.conftest import free_port
from tests.twins.broken_backends import silent_backend
from tests.twins.recording import Recorder
from tests.twins.served import served
from tests.twins.test_contract import problem
from tests.twins.test_equal import BOOK, JSON, KNOWN, Request, play
from tests.waiting import eventually

CREATE = "mutation ($book: NewBookInput!) { createBook(book: $book) { id version } }"
UPDATE = """mutation ($id: ID!, $version: String!, $book: BookInput!) {
    updateBook(id: $id, version: $version, book: $book) { title version author { name } }
}"""
DELETE = "mutation ($id: ID!, $version: String) { deleteBook(id: $id, version: $version) }"
FIELDS = "id title author { name } genre year rating summary tags"


def execute(client: httpx.Client, document: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": document, "variables": variables})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    result: dict[str, Any] = answer.json()
    return result


def data(client: httpx.Client, document: str, **variables: Any) -> dict[str, Any]:
    result = execute(client, document, **variables)
    assert "errors" not in result
    fields: dict[str, Any] = result["data"]
    return fields


def codes(result: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in result["errors"]]


def rest(book: dict[str, Any]) -> dict[str, Any]:
    """A book in the form of the API."""
    return book | {"author": book["author"]["name"]}


def requests_to(recorder: Recorder) -> list[str]:
    return [f"{call.method} {call.path}" for call in recorder.take()]


@pytest.fixture
def own(client: httpx.Client) -> Iterator[dict[str, Any]]:
    """A book of the test's own, by its id and version."""
    created: dict[str, Any] = data(client, CREATE, book=BOOK)["createBook"]
    yield created
    client.delete(f"/api/books/{created['id']}")


def test_a_book_is_that_of_the_api(client: httpx.Client) -> None:
    book = data(client, f'{{ book(id: "{KNOWN}") {{ {FIELDS} version highlight {{ title summary }} }} }}')["book"]
    known = client.get(f"/api/books/{KNOWN}")
    assert f'"{book.pop("version")}"' == known.headers["ETag"]
    assert book.pop("highlight") == {"title": [], "summary": []}
    assert rest(book) == known.json()


def test_a_search_is_that_of_the_api(client: httpx.Client) -> None:
    document = f"""query ($genre: String) {{
        books(query: "the", genre: $genre, yearFrom: 1850, yearTo: 2020, sort: RATING, page: 2, size: 3) {{
            total page size
            items {{ {FIELDS} highlight {{ title summary }} }}
            facets {{ genre {{ value count }} decade {{ value count }} }}
        }}
    }}"""
    found = data(client, document, genre="Mystery")["books"]
    parameters: dict[str, str | int] = {
        "q": "the",
        "genre": "Mystery",
        "year_from": 1850,
        "year_to": 2020,
        "sort": "rating",
        "page": 2,
    }
    expected = client.get("/api/books", params=parameters | {"size": 3}).json()
    for item in expected["items"]:
        item["highlight"] = {"title": [], "summary": []} | item["highlight"]
    assert found | {"items": [rest(item) for item in found["items"]]} == expected


def test_the_dashboard_is_that_of_the_api(client: httpx.Client) -> None:
    document = f"""{{ dashboard {{
        totals {{ books authors average_rating: averageRating }}
        genres {{ value count }} decades {{ value count }}
        top_rated: topRated {{ {FIELDS} }} newest {{ {FIELDS} }}
        ratings {{ value count }}
    }} }}"""
    board = data(client, document)["dashboard"]
    lists = {name: [rest(book) for book in board[name]] for name in ("top_rated", "newest")}
    assert board | lists == client.get("/api/dashboard").json()


def test_neighbours_are_those_of_the_api(client: httpx.Client) -> None:
    book = data(client, f'{{ book(id: "{KNOWN}") {{ similar(size: 3) {{ {FIELDS} }} }} }}')["book"]
    expected = client.get(f"/api/books/{KNOWN}/similar", params={"size": 3}).json()["items"]
    assert [rest(other) for other in book["similar"]] == expected


def test_an_author_has_books(client: httpx.Client) -> None:
    author = data(client, f'{{ book(id: "{KNOWN}") {{ author {{ name books(size: 50) {{ id }} }} }} }}')["book"][
        "author"
    ]
    found = client.get("/api/books", params={"author": author["name"], "sort": "year", "size": 50}).json()["items"]
    assert author["books"] == [{"id": item["id"]} for item in found]
    assert KNOWN in [item["id"] for item in found]


def test_one_relation_may_be_asked_for_under_several_names(client: httpx.Client) -> None:
    document = f"""query ($deep: Boolean!) {{
        book(id: "{KNOWN}") {{
            few: similar(size: 1) {{ id }} same: similar(size: 1) {{ similar(size: 2) {{ id }} }}
            ...Related
            author {{ books(size: 1) {{ id }} }}
            skipped: similar(size: 9) @include(if: $deep) {{ id }}
        }}
    }}
    fragment Related on Book {{ more: similar(size: 2) {{ id }} author {{ books(size: 1) {{ title }} }} }}"""
    book = data(client, document, deep=False)["book"]
    assert list(book) == ["few", "same", "more", "author"]
    assert book["few"] == book["more"][:1]
    assert [set(item) for item in book["author"]["books"]] == [{"id", "title"}]
    [neighbour] = book["same"]
    assert len(neighbour["similar"]) == 2


def test_a_book_is_created_updated_and_deleted(client: httpx.Client) -> None:
    created = data(client, CREATE, book=BOOK | {"id": "graphql-1"})["createBook"]
    assert created["id"] == "graphql-1"
    updated = data(client, UPDATE, **created, book=BOOK | {"title": "Changed"})["updateBook"]
    assert (updated["title"], updated["author"]["name"]) == ("Changed", BOOK["author"])
    assert client.get("/api/books/graphql-1").headers["ETag"] == f'"{updated["version"]}"'
    assert data(client, DELETE, id="graphql-1", version=updated["version"]) == {"deleteBook": "graphql-1"}
    assert client.get("/api/books/graphql-1").status_code == 404


def test_a_new_book_tells_its_author_s_others(client: httpx.Client) -> None:
    author = client.get(f"/api/books/{KNOWN}").json()["author"]
    document = "mutation ($b: NewBookInput!) { createBook(book: $b) { id author { books { author { name } } } } }"
    created = data(client, document, b=BOOK | {"author": author})["createBook"]
    client.delete(f"/api/books/{created['id']}")
    assert {"author": {"name": author}} in created["author"]["books"]


def test_mutations_are_carried_out_one_after_another(client: httpx.Client, own: dict[str, Any]) -> None:
    document = """mutation ($id: ID!, $version: String!, $book: BookInput!) {
        first: updateBook(id: $id, version: $version, book: $book) { title }
        late: updateBook(id: $id, version: $version, book: $book) { title }
        last: deleteBook(id: $id)
    }"""
    result = execute(client, document, **own, book=BOOK)
    assert result["data"] == {"first": {"title": BOOK["title"]}, "late": None, "last": own["id"]}
    assert [(error["path"], error["extensions"]["code"]) for error in result["errors"]] == [(["late"], "CONFLICT")]


def test_a_search_finds_the_version_that_an_update_expects(client: httpx.Client, own: dict[str, Any]) -> None:
    document = "query ($author: String!) { books(author: $author, size: 100) { items { id version } } }"
    eventually(lambda: own in data(client, document, author=BOOK["author"])["books"]["items"])


MSEARCH, MGET = "POST /twinlab-books/_msearch", "POST /twinlab-books/_mget"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{ book(id: "book-0000001") { title author { name } } }', [MGET]),
        (
            '{ a: book(id: "book-0000001") { id } b: book(id: "book-0000002") { id } c: book(id: "nope") { id } }',
            [MGET],
        ),
        ("{ books(size: 100) { items { author { name } } } }", [MSEARCH]),
        ("{ books(size: 45) { items { author { books { title } } } } }", [MSEARCH] * 2),
        ("{ books(size: 8) { items { similar { author { books { title } } } } } }", [MSEARCH] * 3),
        ('{ dashboard { totals { books } } books { total } b: book(id: "book-0000001") { id } }', [MGET, MSEARCH]),
        ("{ dashboard { newest { similar { id } } topRated { author { books { id } } } } }", [MSEARCH] * 2),
        ("{ __typename }", []),
    ],
)
def test_a_level_costs_one_call_of_a_kind(
    client: httpx.Client, recorder: Recorder, document: str, expected: list[str]
) -> None:
    recorder.take()
    execute(client, document)
    assert requests_to(recorder) == expected


def test_an_author_of_many_books_is_asked_for_once(client: httpx.Client, recorder: Recorder) -> None:
    author = client.get(f"/api/books/{KNOWN}").json()["author"]
    document = "query ($name: String!) { books(author: $name) { items { author { books { id } } } } }"
    recorder.take()
    items = data(client, document, name=author)["books"]["items"]
    searches = sorted(len(call.body) // 2 for call in recorder.take())
    assert (len(items) > 1, searches) == (True, [1, 1])


def test_a_missing_book_is_null_beside_those_that_are_there(client: httpx.Client) -> None:
    result = execute(client, f'{{ a: book(id: "nope") {{ id }} b: book(id: "{KNOWN}") {{ id }} }}')
    assert result == {
        "data": {"a": None, "b": {"id": KNOWN}},
        "errors": [
            {
                "message": "There is no book with the id nope.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["a"],
                "extensions": {"code": "NOT_FOUND"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        (CREATE, {"book": BOOK | {"id": KNOWN}}, "CONFLICT"),
        (UPDATE, {"id": KNOWN, "version": "99-99", "book": BOOK}, "CONFLICT"),
        (UPDATE, {"id": "nope", "version": "1-1", "book": BOOK}, "NOT_FOUND"),
        (DELETE, {"id": KNOWN, "version": "nonsense"}, "CONFLICT"),
        (DELETE, {"id": "nope"}, "NOT_FOUND"),
        (DELETE, {"id": "a/b"}, "NOT_FOUND"),
    ],
)
def test_a_write_that_can_not_be_done(
    client: httpx.Client, document: str, variables: dict[str, Any], code: str
) -> None:
    result = execute(client, document, **variables)
    assert (codes(result), list(result["data"].values())) == ([code], [None])


def test_what_is_not_valid_is_named_as_the_client_calls_it(client: httpx.Client) -> None:
    [error] = execute(client, "{ books(yearFrom: 2, yearTo: 1, size: 101) { total } }")["errors"]
    assert error["message"] == "Not valid: yearTo, size."
    assert [fault["field"] for fault in error["extensions"]["errors"]] == ["yearTo", "size"]


def doubling(count: int) -> str:
    """A document of a few lines that selects 2 to the power of `count` fields."""
    fragments = "".join(f"fragment F{i} on Book {{ ...F{i + 1} ...F{i + 1} }} " for i in range(count))
    return f'{{ book(id: "x") {{ ...F0 }} }} {fragments} fragment F{count} on Book {{ id }}'


def nested(depth: int) -> str:
    return '{ book(id: "x") ' + "{ similar(size: 1) " * (depth - 2) + "{ id }" + " }" * (depth - 1)


HOSTILE = {
    "syntax": "{",
    "blank": " ",
    "unknown field": "{ nope }",
    "no operation": "fragment F on Book { id }",
    "ambiguous": "query A { __typename } query B { __typename }",
    "subscription": "subscription { x }",
    "depth": nested(documents.MAX_DEPTH + 2),
    "brackets": "{a" * 900,
    "aliases": "{" + "".join(f' a{i}: book(id: "x") {{ id }}' for i in range(documents.MAX_ALIASES + 1)) + "}",
    "tokens": "{" + " id" * documents.MAX_TOKENS + "}",
    "fields": "{ book(id: 1) {" + " id" * documents.MAX_FIELDS + "} }",
    "doubling fragments": doubling(60),
    "fragment in itself": '{ book(id: "x") { ...F } } fragment F on Book { similar { ...F } }',
    "unknown fragment": '{ book(id: "x") { ...F } }',
    "page size": "{ books(size: 101) { total } }",
    "page depth": "{ books(page: 1000, size: 100) { total } }",
    "size": '{ book(id: "book-0000001") { similar(size: 51) { id } } }',
    "negative size": '{ book(id: "book-0000001") { author { books(size: -1) { id } } } }',
    "books": "{ books(size: 50) { items { similar(size: 10) { id } } } }",
    "books of several fields": "{ a: books(size: 50) { total } " + "".join(
        f"b{i}: books(size: 52) {{ total }} " for i in range(10)
    ) + "}",
    "one of two fields": f'{{ book(id: "{KNOWN}") {{ id }} books(size: 0) {{ total }} }}',
    "enum": "{ books(sort: PRICE) { total } }",
    "introspection": "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }",
}  # fmt: skip


@pytest.mark.parametrize("document", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_costs_no_call(client: httpx.Client, recorder: Recorder, document: str) -> None:
    recorder.take()
    result = execute(client, document)
    assert (set(result), set(codes(result)), requests_to(recorder)) == ({"errors"}, {"INVALID"}, [])


def test_the_deepest_document_is_answered(client: httpx.Client) -> None:
    assert codes(execute(client, nested(documents.MAX_DEPTH))) == ["NOT_FOUND"]


VARIABLES = {
    "missing": {},
    "null": {"n": None},
    "text": {"n": "5"},
    "too large": {"n": 2**31},
    "deep": {"n": [[[[1]]]]},
    "out of range": {"n": 51},
    "zero": {"n": 0},
}


@pytest.mark.parametrize("variables", VARIABLES.values(), ids=VARIABLES)
def test_a_variable_that_does_not_fit_costs_no_call(
    client: httpx.Client, recorder: Recorder, variables: dict[str, Any]
) -> None:
    document = f'query ($n: Int!) {{ book(id: "{KNOWN}") {{ similar(size: $n) {{ id }} }} }}'
    recorder.take()
    result = execute(client, document, **variables)
    assert (set(result), codes(result), requests_to(recorder)) == ({"errors"}, ["INVALID"], [])


@pytest.mark.parametrize(
    ("depth", "status"), [(bodies.MAX_DEPTH - 2, 200), (bodies.MAX_DEPTH - 1, 400), (950, 400), (990, 400), (9000, 400)]
)
def test_deep_variables_are_answered_alike(urls: dict[Twin, str], depth: int, status: int) -> None:
    """Python's own limit would depend on the depth at which a twin parses."""
    nests = "[" * depth + "]" * depth
    body = f'{{"query": "query ($n: Int) {{ __typename }}", "variables": {{"n": {nests}}}}}'
    answers = [httpx.post(f"{url}/graphql", content=body, headers=JSON, timeout=30) for url in urls.values()]
    assert [answer.status_code for answer in answers] == [status] * 2
    assert answers[0].content == answers[1].content


def test_a_variable_without_a_value_leaves_the_default(client: httpx.Client) -> None:
    book = data(client, f'query ($n: Int) {{ book(id: "{KNOWN}") {{ similar(size: $n) {{ id }} }} }}')["book"]
    assert len(book["similar"]) == 5


def test_an_operation_is_chosen_by_its_name(client: httpx.Client) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    answer = client.post("/graphql", json={"query": document, "operationName": "B"})
    assert answer.json() == {"data": {"b": "Query"}}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"json": [{"query": "{ __typename }"}]}, (422, "Unprocessable Entity", [""])),
        ({"json": {}}, (422, "Unprocessable Entity", ["query"])),
        ({"json": {"query": ""}}, (422, "Unprocessable Entity", ["query"])),
        ({"json": {"query": 7}}, (422, "Unprocessable Entity", ["query"])),
        ({"json": {"query": " " * (documents.MAX_CHARACTERS + 1)}}, (422, "Unprocessable Entity", ["query"])),
        ({"json": {"query": "{ a }", "colour": "red"}}, (422, "Unprocessable Entity", ["colour"])),
        ({"json": {"query": "{ a }", "variables": []}}, (422, "Unprocessable Entity", ["variables"])),
        ({"content": b'{"query": "{a}", "variables": {"a": "\\ud800"}}', "headers": JSON},
         (422, "Unprocessable Entity", ["variables"])),
        ({"json": {"query": "{ a }", "variables": {"a": "x" * documents.MAX_VARIABLES}}},
         (422, "Unprocessable Entity", ["variables"])),
        ({"content": b"{", "headers": JSON}, (400, "Bad Request", [])),
        ({"content": b"[" * 100_000, "headers": JSON}, (400, "Bad Request", [])),
        ({"content": b"{ __typename }", "headers": {"Content-Type": "application/graphql"}},
         (415, "Unsupported Media Type", [])),
        ({"json": "x" * 1024 * 1024}, (413, "Request Entity Too Large", [])),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_errors_of_the_transport_are_problem_details(
    client: httpx.Client, arguments: dict[str, Any], expected: tuple[int, str, list[str]]
) -> None:
    assert problem(client.post("/graphql", **arguments)) == expected


def test_documents_are_posted(client: httpx.Client) -> None:
    assert problem(client.get("/graphql", params={"query": "{ __typename }"}))[0] == 405


def test_a_backend_that_is_gone_is_unavailable(twin: Twin) -> None:
    with served(twin, LAB_ES_URL=f"http://127.0.0.1:{free_port()}") as (_, client):
        result = execute(client, '{ books { total } book(id: "x") { id } }')
    assert result["data"] == {"books": None, "book": None}
    assert codes(result) == ["UNAVAILABLE", "UNAVAILABLE"]
    assert {error["message"] for error in result["errors"]} == {"Elasticsearch can't be reached at the moment."}


def test_a_backend_that_does_not_answer_is_a_timeout(twin: Twin) -> None:
    with silent_backend() as (url, _), served(twin, LAB_ES_URL=url, LAB_ES_TIMEOUT_S="0.5") as (_, client):
        assert codes(execute(client, "{ dashboard { totals { books } } }")) == ["TIMEOUT"]


def test_the_committed_schema_is_current() -> None:
    committed = (Path(shared.__file__).parent / "schema.graphql").read_text()
    assert committed == SDL, 'write it anew: python -c "from shared.graphql.schema import SDL; print(SDL, end=str())"'


def test_the_schema_is_served(client: httpx.Client) -> None:
    answer = client.get("/graphql/schema")
    assert (answer.headers["Content-Type"], answer.text) == ("text/plain; charset=utf-8", SDL)


def test_the_schema_can_be_introspected(client: httpx.Client) -> None:
    introspected: Any = data(client, get_introspection_query())
    assert set(print_schema(build_client_schema(introspected)).split("\n\n")) == set(SDL.strip().split("\n\n"))


def graphql(document: str, **variables: Any) -> Request:
    return Request("POST", "/graphql", JSON, json.dumps({"query": document, "variables": variables}).encode())


LEVELS = '{ books(query: "the", size: 5) { total items { id similar { id author { books { id } } } } } }'
SEVERAL = f'{{ a: book(id: "{KNOWN}") {{ id }} b: book(id: "nope") {{ id }} dashboard {{ newest {{ id }} }} }}'
SCENARIOS = {
    **{name: [graphql(document)] for name, document in HOSTILE.items()},
    "search": [graphql(LEVELS)],
    "several": [graphql(SEVERAL)],
    "introspection whole": [graphql(get_introspection_query())],
    "writes": [
        graphql("mutation ($b: NewBookInput!) { createBook(book: $b) { id tags } }", b=BOOK | {"id": "graphql-equal"}),
        graphql(CREATE, book=BOOK | {"id": "graphql-equal"}) ,
        graphql(UPDATE, id="graphql-equal", version="9-9", book=BOOK),
        graphql(DELETE, id="graphql-equal"),
        graphql(DELETE, id="graphql-equal"),
    ],
    "unknown input": [graphql(CREATE, book=BOOK | {"colour": "red"})],
    "not a request": [
        Request("POST", "/graphql", JSON, b"[]"), Request("POST", "/graphql"), Request("GET", "/graphql"),
    ],
    "schema": [Request("GET", "/graphql/schema"), Request("HEAD", "/graphql/schema"), Request("OPTIONS", "/graphql")],
}  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_both_twins_do_the_same(scenario: list[Request], urls: dict[Twin, str], recorder: Recorder) -> None:
    assert play(scenario, urls["async"], recorder) == play(scenario, urls["sync"], recorder)
