// The builder of embedded pages: chooses without a click on the button.

const form = document.querySelector("form.builder");
form.addEventListener("change", () => form.requestSubmit());

const frame = document.getElementById("embed-frame");
frame.addEventListener("focus", () => frame.select());
