// The players of a page: sliders, buttons and the picture itself choose a frame. Needs nothing but
// the page, and the file of a player's frames, which is loaded when the player comes near.
(function () {
  "use strict";
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  // A notebook front end runs the script with each output, and sometimes more than once.
  document.querySelectorAll(".otbook-player:not(.otbook-live)").forEach(start);

  function start(player) {
    var images = Array.from(player.querySelectorAll(".otbook-plate img"));
    var still = player.querySelector(".otbook-still");
    var told = player.querySelector(".otbook-told");
    var rows = Array.from(player.querySelectorAll(".otbook-slider"));
    var data = null; // what load() brings: the sliders' words, the frames, what can be dragged
    var wanted = false; // has the reader moved anything?
    var addresses = {}; // of the frames that have been shown
    var playing = null; // the row that plays
    var telling = 0;

    player.classList.add("otbook-live");
    player.querySelector(".otbook-controls").hidden = false;
    rows.forEach(listen);
    rows.forEach(fill);
    near(player, function () { load(player, ready); });

    function ready(loaded) {
      data = loaded;
      if (data.drag) hold(data.drag);
      if (wanted) show();
      // A page that turns dark or light shows the same frame in its own colours.
      new MutationObserver(function () { if (wanted) show(); })
        .observe(document.documentElement, { attributeFilter: ["data-theme"] });
    }

    // ---- where the sliders are -----------------------------------------------------------------

    function inputs(row) { return Array.from(row.querySelectorAll("input")); }

    function last(row) {
      var all = inputs(row);
      return all.length > 1 ? all.length - 1 : Number(all[0].max);
    }

    function place(row) {
      var all = inputs(row);
      if (all.length === 1) return Math.round(all[0].value);
      return all.findIndex(function (input) { return input.checked; });
    }

    // While something moves the thumb glides between values (`at` need not be whole).
    function move(row, at) {
      var all = inputs(row);
      if (all.length > 1) all[Math.round(at)].checked = true;
      else {
        all[0].step = Number.isInteger(at) ? 1 : "any";
        all[0].value = at;
      }
      fill(row);
    }

    function fill(row) {
      var all = inputs(row);
      // The thumb is 18 px wide and its centre never reaches the ends of the track.
      var part = all[0].value / all[0].max;
      if (all.length === 1)
        all[0].style.setProperty("--otbook-done", "calc(9px + (100% - 18px) * " + part + ")");
    }

    // ---- the frame that belongs to them --------------------------------------------------------

    function show() {
      wanted = true;
      if (!data) return load(player, ready);
      var frame = 0;
      var words = rows.map(function (row, k) {
        var axis = data.axes[k], text = axis.texts[place(row)];
        frame = frame * axis.texts.length + place(row);
        var output = row.querySelector("output");
        if (output) {
          output.textContent = text;
          inputs(row)[0].setAttribute("aria-valuetext", text);
        }
        return axis.label + " = " + text;
      });
      images.forEach(function (image) {
        var hidden = getComputedStyle(image).display === "none";
        if (!hidden) image.src = address(frame, image.classList.contains("otbook-dark"));
      });
      images.filter(function (image) { return image.alt; }).forEach(function (image) {
        image.alt = data.alts[frame];
      });
      still.textContent = words.join(", ");
      if (player.otbookHandle) player.otbookHandle();
      // The value is spoken by the slider itself; what is shown follows once it rests.
      clearTimeout(telling);
      if (!playing)
        telling = setTimeout(function () { told.textContent = data.alts[frame]; }, 600);
    }

    function address(frame, dark) {
      var name = frame + (dark ? " dark" : "");
      if (!addresses[name]) {
        var svg = new Blob([drawing(frame, dark)], { type: "image/svg+xml" });
        addresses[name] = URL.createObjectURL(svg);
      }
      return addresses[name];
    }

    // A frame is runs of the lines that all frames share: from where, how many, from where, …
    function drawing(frame, dark) {
      var runs = data.frames[frame], lines = [];
      for (var k = 0; k < runs.length; k += 2)
        for (var n = runs[k]; n < runs[k] + runs[k + 1]; n++)
          lines.push((dark && data.dark.lines[n]) || data.lines[n]);
      var svg = lines.join("\n");
      if (!dark) return svg;
      return svg.replace(/(: |=")(#[0-9a-f]{6})\b/g, function (all, before, colour) {
        return before + (data.dark.colours[colour] || colour);
      });
    }

    // ---- what a reader does --------------------------------------------------------------------

    function listen(row) {
      var all = inputs(row), button = row.querySelector("button");
      all.forEach(function (input) {
        input.addEventListener("input", function () { stop(); fill(row); show(); });
      });
      if (!button) return;
      // Under the finger the thumb glides; let go, it rests on a value. Keys go value by value.
      all[0].addEventListener("pointerdown", function () { all[0].step = "any"; });
      all[0].addEventListener("change", function () { move(row, place(row)); });
      button.addEventListener("click", function () {
        var again = playing === row;
        stop();
        if (!again) play(row);
      });
    }

    function dress(row, word) {
      var button = row.querySelector("button"), label = row.querySelector(".otbook-label");
      row.classList.toggle("otbook-playing", word === "Pause");
      button.setAttribute("aria-label", word + " " + label.textContent);
    }

    function stop() {
      if (!playing) return;
      var row = playing;
      playing = null;
      dress(row, "Play");
      move(row, place(row));
      show();
    }

    // A run takes two to six seconds, at 15 frames a second where there are so many. Who wants
    // less motion gets at most eight still pictures, one a second.
    function play(row) {
      var end = last(row), from = place(row) === end ? 0 : place(row);
      var pace = Math.max(2000 / end, Math.min(6000 / end, 1000 / 15));
      var begun = performance.now(), stride = Math.ceil(end / 8), shown = -1;
      playing = row;
      dress(row, "Pause");
      requestAnimationFrame(function step() {
        if (playing !== row) return;
        var passed = performance.now() - begun;
        var at = from + (calm.matches ? stride * Math.floor(passed / 1000) : passed / pace);
        move(row, Math.min(at, end));
        if (place(row) !== shown) show();
        shown = place(row);
        if (at >= end) stop();
        else requestAnimationFrame(step);
      });
    }

    // The thing itself: wherever the pointer is pressed on the axes, the nearest values are shown.
    function hold(drag) {
      var surface = document.createElement("span"), handle = document.createElement("span");
      var along = ["x", "y"].filter(function (name) { return drag[name]; });
      surface.className = "otbook-surface otbook-along-" + along.join("");
      ["left", "top", "width", "height"].forEach(function (side, k) {
        surface.style[side] = drag.box[k] + "%";
      });
      handle.className = "otbook-handle";
      surface.appendChild(handle);
      player.querySelectorAll(".otbook-panel")[drag.panel].appendChild(surface);

      player.otbookHandle = function () {
        along.forEach(function (name) {
          var at = drag[name].at[place(rows[drag[name].slider])];
          handle.style[name === "x" ? "left" : "top"] = 100 * at + "%";
        });
      };
      player.otbookHandle();

      function follow(event) {
        var box = surface.getBoundingClientRect();
        var at = { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
        along.forEach(function (name) {
          var best = 0;
          drag[name].at.forEach(function (value, k, all) {
            if (Math.abs(value - at[name]) < Math.abs(all[best] - at[name])) best = k;
          });
          move(rows[drag[name].slider], best);
        });
        show();
      }

      surface.addEventListener("pointerdown", function (event) {
        if (event.button) return;
        event.preventDefault();
        surface.setPointerCapture(event.pointerId);
        stop();
        // Arrow keys go on from here.
        inputs(rows[drag[along[0]].slider])[0].focus({ preventScroll: true });
        follow(event);
      });
      surface.addEventListener("pointermove", function (event) {
        if (surface.hasPointerCapture(event.pointerId)) follow(event);
      });
    }
  }

  // ---- the frames: in the page, or in a file beside it -------------------------------------------

  function near(player, then) {
    if (!player.dataset.frames || !window.IntersectionObserver) return then();
    var observer = new IntersectionObserver(function (entries) {
      if (!entries.some(function (entry) { return entry.isIntersecting; })) return;
      observer.disconnect();
      then();
    }, { rootMargin: "600px" });
    observer.observe(player);
  }

  function load(player, then) {
    if (player.otbookLoading) return;
    player.otbookLoading = true;
    var inside = player.querySelector("script.otbook-frames");
    if (inside) return then(JSON.parse(inside.textContent));
    // A script and not fetch(): it is also loaded by a page opened from a disk.
    var script = document.createElement("script");
    script.src = player.dataset.frames;
    script.onload = function () { then(window.otbookFrames[script.getAttribute("src")]); };
    script.onerror = function () { player.otbookLoading = false; };
    document.head.appendChild(script);
  }
})();
