"""The style and the script of the HTML page."""

STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; background: #fff; max-width: 800px;
  margin: 2em auto; padding: 0 16px; color-scheme: light; }
h2 { margin-top: 2em; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { padding: 2px 16px 2px 0; text-align: left; vertical-align: top; }
pre { background: #f5f5f5; padding: 1em; overflow: auto; }
svg { max-width: 100%; height: auto; display: block; }
figure { display: inline-block; width: 112px; margin: 0 8px 12px 0; }
figure img { width: 84px; image-rendering: pixelated; }
figcaption { font-size: 12px; overflow-wrap: anywhere; }
output { display: block; min-height: 1.5em; color: #555; }
"""

SCRIPT = """
"use strict";
for (const panel of document.querySelectorAll(".panel")) {
  const svg = panel.querySelector("svg"), said = panel.querySelector("output");
  const data = JSON.parse(panel.querySelector("script").textContent);
  const cursor = document.createElementNS(svg.namespaceURI, "line");
  for (const [name, value] of [["y1", data.top], ["y2", data.bottom],
                               ["stroke", "#999"], ["visibility", "hidden"]])
    cursor.setAttribute(name, value);
  svg.append(cursor);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    const share = (x - data.left) / (data.right - data.left);
    const step = Math.max(0, Math.min(1, share)) * data.last;
    const nearest = (steps) => steps.reduce((best, at, place) =>
      Math.abs(at - step) < Math.abs(steps[best] - step) ? place : best, 0);
    said.textContent = data.curves.map((curve) => {
      const place = nearest(curve.steps), value = curve.values[place];
      return curve.name + " " + (value === null ? "not finite" : value) +
        " at step " + curve.steps[place].toLocaleString("en");
    }).join(" \\u00b7 ");
    const line = data.left + step / data.last * (data.right - data.left);
    cursor.setAttribute("x1", line);
    cursor.setAttribute("x2", line);
    cursor.setAttribute("visibility", "visible");
  });
}
"""
