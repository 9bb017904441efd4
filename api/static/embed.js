// <script src="…/static/embed.js" data-show="list/event?territory=commune-59350" data-height="400" async></script>
(function (script) {
  var frame = document.createElement("iframe");
  frame.src = new URL("/embed/" + script.dataset.show, script.src).href;
  frame.title = script.dataset.title || "ess-kg";
  frame.width = "100%";
  frame.height = script.dataset.height || "400";
  frame.loading = "lazy";
  // a network is drawn by a script of the page in the frame; nothing else needs any
  var drawn = /^network\//.test(script.dataset.show) ? " allow-scripts allow-same-origin allow-downloads" : "";
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox" + drawn);
  frame.style.border = "0";
  script.parentNode.insertBefore(frame, script);
})(document.currentScript);
