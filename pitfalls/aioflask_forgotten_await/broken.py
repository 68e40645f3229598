"""aioflask's `render_template` is a coroutine function: without `await`, the view returns a coroutine."""

import os

import uvicorn
from aioflask import Flask, render_template
from jinja2 import DictLoader

app = Flask(__name__)
app.jinja_loader = DictLoader({"books.html": "<h1>{{ title }}</h1>"})


@app.get("/")
async def books() -> str:
    return render_template("books.html", title="Books")


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "5000")))
