/* A page opened from disk may not read the search index; a box that finds nothing is not shown. */
if (window.location.protocol === "file:") {
  document.documentElement.classList.add("from-disk");
}
