"""The pages: search, a book, the dashboard, and the forms that change books."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from quart import Blueprint, flash, redirect, request, url_for

from loadtests.arms.quart_app.backend import run
from loadtests.arms.quart_app.rendering import check_token, render
from shared import bodies, charts, operations, problems, queries
from shared.books import NewBook
from shared.forms import BookForm
from shared.pages import messages
from shared.search_page import Results, given

NEIGHBOURS = 6

pages = Blueprint("pages", __name__)
pages.before_request(check_token)


@pages.get("/")
async def search() -> Any:
    parameters = given(request.args)
    try:
        query = bodies.validate(parameters, queries.Search)
    except problems.Invalid as problem:
        return await render("search.html", problem.status, results=Results(parameters, messages=messages(problem)))
    return await render("search.html", results=Results(parameters, await run(operations.search(query))))


@pages.get("/books/<book_id>")
async def book(book_id: str) -> Any:
    found, neighbours = await run(operations.book_with_neighbours(book_id, NEIGHBOURS))
    return await render("book.html", book=found, neighbours=neighbours)


@pages.get("/dashboard")
async def dashboard() -> Any:
    return await render("dashboard.html", board=await run(operations.dashboard()), charts=charts)


@pages.get("/new")
async def new_book() -> Any:
    return await render("new.html", form=BookForm())


@pages.post("/new")
async def create_book() -> Any:
    form = BookForm.sent(await request.form)
    try:
        stored = await run(operations.create_book(form.book(NewBook)))
    except problems.Invalid as problem:
        return await render("new.html", problem.status, form=form.refused(problem))
    await flash("The book was added. Searches will find it within a second.")
    return redirect(url_for(".book", book_id=stored.book["id"]), HTTPStatus.SEE_OTHER)


@pages.get("/books/<book_id>/edit")
async def edit_book(book_id: str) -> Any:
    stored = await run(operations.get_book(book_id))
    return await render("edit.html", book_id=book_id, form=BookForm.of(stored))


@pages.post("/books/<book_id>/edit")
async def update_book(book_id: str) -> Any:
    form = BookForm.sent(await request.form)
    try:
        conflict = await run(form.save(book_id))
    except problems.Invalid as problem:
        return await render("edit.html", problem.status, book_id=book_id, form=form.refused(problem))
    except problems.NotFound as problem:
        return await render("gone.html", problem.status, form=form)
    if conflict:
        return await render("edit.html", HTTPStatus.CONFLICT, book_id=book_id, form=conflict)
    await flash("Your changes were saved.")
    return redirect(url_for(".book", book_id=book_id), HTTPStatus.SEE_OTHER)


@pages.get("/books/<book_id>/delete")
async def confirm_deletion(book_id: str) -> Any:
    return await render("delete.html", stored=await run(operations.get_book(book_id)))


@pages.post("/books/<book_id>/delete")
async def delete_book(book_id: str) -> Any:
    try:
        await run(operations.delete_book(book_id, {(await request.form).get("version", "")}))
    except problems.PreconditionFailed:
        stored = await run(operations.get_book(book_id))
        return await render("delete.html", HTTPStatus.CONFLICT, stored=stored, changed=True)
    await flash("The book was deleted. Searches will notice within a second.")
    return redirect(url_for(".search"), HTTPStatus.SEE_OTHER)
