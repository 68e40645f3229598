"use strict";

// A field that is left empty stays out of a search's URL, which so is short enough to be shared.
document.getElementById("search")?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

// The same page on the other twin: shown when that twin answers. The answer itself can't be read from here, nor need it.
const link = document.getElementById("other-twin");
fetch(link.dataset.alive, { mode: "no-cors", credentials: "omit" }).then(
  () => { link.hidden = false; },
  () => {},
);
