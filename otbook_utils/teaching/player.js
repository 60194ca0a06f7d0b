// One player: its sliders choose a frame, its buttons move a slider. Needs nothing but the page.
(function (id) {
  "use strict";
  var player = document.getElementById(id);
  // A notebook front end may run the script of an output more than once.
  if (!player || player.classList.contains("otbook-live")) return;
  var data = JSON.parse(player.querySelector("script[type='application/json']").textContent);
  var image = player.querySelector("img");
  var controls = player.querySelector(".otbook-controls");
  var still = player.querySelector(".otbook-still");
  var told = player.querySelector(".otbook-told");
  var rows = Array.from(player.querySelectorAll(".otbook-slider"));
  var inputs = rows.map(function (row) { return row.querySelector("input"); });
  var calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  var playing = null; // the row that plays
  var timer = 0;
  var telling = 0;

  // The frame that the page already shows is not stored a second time.
  data.frames[data.shown] = image.src;

  function show() {
    var frame = 0;
    var texts = inputs.map(function (input, k) {
      var i = Number(input.value);
      var text = data.axes[k].texts[i];
      frame = frame * data.axes[k].texts.length + i;
      input.setAttribute("aria-valuetext", text);
      // The thumb is 18 px wide and its centre never reaches the ends of the track.
      var part = i / Number(input.max);
      input.style.setProperty("--otbook-done", "calc(9px + (100% - 18px) * " + part + ")");
      rows[k].querySelector("output").textContent = text;
      return data.axes[k].label + " = " + text;
    });
    image.src = data.frames[data.order[frame]];
    image.alt = data.alts[frame];
    still.textContent = texts.join(", ");
    return data.alts[frame];
  }

  // The value is spoken by the slider itself; what the figure now shows follows once it rests.
  function tell(text) {
    clearTimeout(telling);
    telling = setTimeout(function () { told.textContent = text; }, 600);
  }

  function stop() {
    clearInterval(timer);
    if (playing) dress(playing, "Play");
    playing = null;
  }

  function dress(row, word) {
    row.classList.toggle("otbook-playing", word === "Pause");
    row.querySelector("button").setAttribute("aria-label", word + " " + row.dataset.label);
  }

  function play(row) {
    var input = row.querySelector("input");
    var last = Number(input.max);
    if (Number(input.value) === last) input.value = 0;
    playing = row;
    dress(row, "Pause");
    show();
    timer = setInterval(function () {
      input.value = Number(input.value) + 1;
      var text = show();
      if (Number(input.value) === last) {
        stop();
        tell(text);
      }
    }, calm.matches ? Math.max(1200, data.interval) : data.interval);
  }

  rows.forEach(function (row, k) {
    inputs[k].addEventListener("input", function () {
      stop();
      tell(show());
    });
    row.querySelector("button").addEventListener("click", function () {
      var again = playing === row;
      stop();
      if (again) tell(image.alt);
      else play(row);
    });
  });
  player.classList.add("otbook-live");
  controls.hidden = false;
  show();
})("OTBOOK_PLAYER_ID");
