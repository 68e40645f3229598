"""The pages: search, a book, the dashboard, and the forms that change books."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for

from shared import bodies, charts, operations, problems, queries
from shared.books import NewBook
from shared.forms import BookForm
from shared.pages import messages
from shared.search_page import Results, given
from sync_app.backend import run
from sync_app.rendering import check_token, render

NEIGHBOURS = 6

pages = Blueprint("pages", __name__)
pages.before_request(check_token)


@pages.get("/")
def search() -> Any:
    parameters = given(request.args)
    try:
        query = bodies.validate(parameters, queries.Search)
    except problems.Invalid as problem:
        return render("search.html", problem.status, results=Results(parameters, messages=messages(problem)))
    return render("search.html", results=Results(parameters, run(operations.search(query))))


@pages.get("/books/<book_id>")
def book(book_id: str) -> Any:
    found, neighbours = run(operations.book_with_neighbours(book_id, NEIGHBOURS))
    return render("book.html", book=found, neighbours=neighbours)


@pages.get("/dashboard")
def dashboard() -> Any:
    return render("dashboard.html", board=run(operations.dashboard()), charts=charts)


@pages.get("/new")
def new_book() -> Any:
    return render("new.html", form=BookForm())


@pages.post("/new")
def create_book() -> Any:
    form = BookForm.sent(request.form)
    try:
        stored = run(operations.create_book(form.book(NewBook)))
    except problems.Invalid as problem:
        return render("new.html", problem.status, form=form.refused(problem))
    flash("The book was added. Searches will find it within a second.")
    return redirect(url_for(".book", book_id=stored.book["id"]), HTTPStatus.SEE_OTHER)


@pages.get("/books/<book_id>/edit")
def edit_book(book_id: str) -> Any:
    stored = run(operations.get_book(book_id))
    return render("edit.html", book_id=book_id, form=BookForm.of(stored))


@pages.post("/books/<book_id>/edit")
def update_book(book_id: str) -> Any:
    form = BookForm.sent(request.form)
    try:
        conflict = run(form.save(book_id))
    except problems.Invalid as problem:
        return render("edit.html", problem.status, book_id=book_id, form=form.refused(problem))
    except problems.NotFound as problem:
        return render("gone.html", problem.status, form=form)
    if conflict:
        return render("edit.html", HTTPStatus.CONFLICT, book_id=book_id, form=conflict)
    flash("Your changes were saved.")
    return redirect(url_for(".book", book_id=book_id), HTTPStatus.SEE_OTHER)


@pages.get("/books/<book_id>/delete")
def confirm_deletion(book_id: str) -> Any:
    return render("delete.html", stored=run(operations.get_book(book_id)))


@pages.post("/books/<book_id>/delete")
def delete_book(book_id: str) -> Any:
    try:
        run(operations.delete_book(book_id, {request.form.get("version", "")}))
    except problems.PreconditionFailed:
        stored = run(operations.get_book(book_id))
        return render("delete.html", HTTPStatus.CONFLICT, stored=stored, changed=True)
    flash("The book was deleted. Searches will notice within a second.")
    return redirect(url_for(".search"), HTTPStatus.SEE_OTHER)
