// Forms whose file is checked as soon as it is chosen, and again when it is chosen again.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  const file = form.elements.file;
  file.addEventListener("click", () => { file.value = ""; });
  file.addEventListener("change", () => {
    if (file.files.length) form.requestSubmit();
  });
}
