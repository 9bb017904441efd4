// The builder of embedded pages: chooses without a click on the button, and copies the line.

const form = document.querySelector("form.builder");
form.addEventListener("change", () => form.requestSubmit());

const frame = document.getElementById("embed-frame");
frame.addEventListener("focus", () => frame.select());

const copy = document.querySelector("button.copy");
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(frame.value);
    copy.parentElement.querySelector("[role=status]").textContent = copy.dataset.copied;
  });
}
