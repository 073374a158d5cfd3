// Draws the charts of a replay from the JSON in #report-data. What is drawn is decided in report/charts.rs.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const times = data.ts_secs;
  if (times.length === 0) return;
  const root = document.documentElement;
  const PRINT_WIDTH_PX = 680;
  const plots = [];

  // Colours come from the style sheet, so that light, dark and paper are decided in one place.
  let palette = {};
  const readPalette = () => {
    const style = getComputedStyle(root);
    const names = ["ink", "muted", "line", "card", "band", "blue", "orange", "teal", "purple", "red", "grey"];
    palette = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  };

  const CAUSES = {
    below_maintenance_partial: { label: "below maintenance, partial", tone: "orange", shape: "ring" },
    below_maintenance_full: { label: "below maintenance, full", tone: "red", shape: "disc" },
    insolvent: { label: "insolvent", tone: "purple", shape: "cross" },
    payout_capped: { label: "payout capped, settled", tone: "teal", shape: "triangle" },
  };

  // Numbers and times as text.
  const number = (digits) => {
    const exactly = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const format = new Intl.NumberFormat("en-US", exactly);
    return (value) => format.format(value);
  };
  const whole = number(0), one = number(1), two = number(2), six = number(6);
  const usd = (value) => (Math.abs(value) < 10 ? six(value) : two(value));
  const SHOW = {
    usd, quote: whole, count: whole,
    percent: (value) => `${two(value)} %`,
    basis_points: (value) => `${one(value)} bp`,
  };
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
  const plainAxis = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });
  const AXIS = {
    usd: (value) => plainAxis.format(value),
    quote: (value) => compact.format(value),
    count: (value) => plainAxis.format(value),
    percent: (value) => `${plainAxis.format(value)} %`,
    basis_points: (value) => plainAxis.format(value),
  };
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const pad = (value) => String(value).padStart(2, "0");
  const utc = (secs) => {
    const at = new Date(secs * 1000);
    const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
    return { day, year: at.getUTCFullYear(), clock: `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}` };
  };
  const longTime = (secs) => {
    const { day, year, clock } = utc(secs);
    return `${day} ${year}, ${clock} UTC`;
  };
  const axisTimes = (_, splits) => splits.map((secs) => {
    const { day, clock } = utc(secs);
    return clock === "00:00" ? day : clock;
  });

  // Signs of liquidations: told apart by shape as well as by colour.
  const drawSign = (context, shape, x, y, size) => {
    context.beginPath();
    if (shape === "cross") {
      context.moveTo(x - size, y - size);
      context.lineTo(x + size, y + size);
      context.moveTo(x - size, y + size);
      context.lineTo(x + size, y - size);
      context.stroke();
    } else if (shape === "triangle") {
      context.moveTo(x, y - size * 1.3);
      context.lineTo(x + size * 1.2, y + size);
      context.lineTo(x - size * 1.2, y + size);
      context.closePath();
      context.fill();
      context.stroke();
    } else {
      context.arc(x, y, size, 0, 2 * Math.PI);
      if (shape === "disc") context.fill();
      context.stroke();
    }
  };
  const drawMarkers = (markers) => (plot) => {
    const { ctx: context, bbox } = plot;
    const ratio = devicePixelRatio || 1;
    const size = Math.min(4, Math.max(2.6, plot.width / 280)) * ratio;
    context.save();
    context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    context.clip();
    for (const marker of markers) {
      const { tone, shape } = CAUSES[marker.cause];
      const filled = shape === "disc" || shape === "triangle";
      context.strokeStyle = filled ? palette.card : palette[tone];
      context.lineWidth = (filled ? 0.8 : 1.6) * ratio;
      context.fillStyle = palette[tone];
      const x = plot.valToPos(marker.ts_secs, "x", true);
      drawSign(context, shape, x, plot.valToPos(marker.price, "y", true), size);
    }
    context.restore();
  };

  const seriesOptions = (series) => {
    const drawn = { line: 1.6, step: 1.6, dashed: 1.6 }[series.kind];
    return {
      label: series.label,
      stroke: () => palette[series.tone],
      width: drawn ?? 0,
      dash: series.kind === "dashed" ? [6, 4] : undefined,
      paths: series.kind === "step" ? uPlot.paths.stepped({ align: 1 }) : undefined,
      points: { show: false },
      show: series.kind !== "told",
    };
  };

  // Room above what is drawn; nought at the bottom where the chart asks for it.
  const valueRange = (fromZero) => (_, low, high) => {
    if (low === null) return [0, 1];
    const bottom = fromZero ? Math.min(0, low) : low;
    const room = (high - bottom || Math.abs(high) || 1) * 0.06;
    return [bottom < 0 || !fromZero ? bottom - room : bottom, high + room];
  };

  const plotOptions = (chart, width) => {
    const high = chart.series.findIndex((series) => series.kind === "band_high");
    const axis = { stroke: () => palette.muted, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const grid = { stroke: () => palette.line, width: 1 };
    return {
      width,
      height: chart.height_px,
      padding: [10, 12, 0, 0],
      tzDate: (secs) => uPlot.tzDate(new Date(secs * 1000), "Etc/UTC"),
      legend: { show: false },
      cursor: { sync: { key: "replay" }, drag: { x: true, y: false }, points: { size: 7 }, y: false },
      scales: { y: { range: valueRange(chart.from_zero) } },
      axes: [
        { ...axis, grid: { show: false }, values: axisTimes, space: 64, size: 28 },
        { ...axis, grid, size: 64, space: 32, values: (_, splits) => splits.map(AXIS[chart.unit]) },
      ],
      series: [{}, ...chart.series.map(seriesOptions)],
      bands: high < 0 ? [] : [{ series: [high + 1, high + 2], fill: () => palette.band }],
      hooks: { setCursor: [], draw: chart.markers.length ? [drawMarkers(chart.markers)] : [] },
    };
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // The read-out doubles as legend: a button per line, which hides it.
  const buildReadout = (chart, holder) => {
    const time = element("time");
    holder.append(time);
    const values = chart.series.map((series, index) => {
      if (series.kind === "band_low") return null;
      const told = series.kind === "told";
      const item = element(told ? "span" : "button", told ? "told" : "");
      const value = element("b");
      if (!told) {
        const shape = { dashed: "dashed", band_high: "band" }[series.kind] ?? "";
        const swatch = element("span", `swatch ${shape}`);
        swatch.style.color = `var(--${series.tone})`;
        item.type = "button";
        item.setAttribute("aria-pressed", "true");
        item.addEventListener("click", () => toggle(chart, item, index));
        item.append(swatch);
      }
      item.append(element("span", "", series.label), value);
      holder.append(item);
      return value;
    });
    return { time, values };
  };
  const toggle = (chart, item, index) => {
    const show = item.getAttribute("aria-pressed") !== "true";
    item.setAttribute("aria-pressed", String(show));
    chart.plot.setSeries(index + 1, { show });
    if (chart.series[index].kind === "band_high") chart.plot.setSeries(index + 2, { show });
  };
  const buildSigns = (chart, holder) => {
    const seen = new Set(chart.markers.map((marker) => marker.cause));
    for (const [cause, { label, tone, shape }] of Object.entries(CAUSES)) {
      if (!seen.has(cause)) continue;
      const item = element("span", "told");
      const canvas = element("canvas", "swatch sign");
      const paint = () => {
        canvas.width = canvas.height = 24;
        const context = canvas.getContext("2d");
        context.lineWidth = 3.2;
        context.fillStyle = context.strokeStyle = palette[tone];
        drawSign(context, shape, 12, 12, 7);
      };
      paint();
      chart.painters.push(paint);
      item.append(canvas, element("span", "", label));
      holder.append(item);
    }
  };

  const tellAt = (chart, readout, index) => {
    const show = SHOW[chart.unit];
    readout.time.textContent = longTime(times[index]);
    chart.series.forEach((series, place) => {
      const value = series.values[index];
      const holder = readout.values[place];
      if (holder === null) return;
      if (value === null) holder.textContent = "-";
      else if (series.kind === "told") holder.textContent = whole(value);
      else if (series.kind === "band_high") {
        holder.textContent = `${show(chart.series[place + 1].values[index])} to ${show(value)}`;
      } else holder.textContent = show(value);
    });
  };

  // The crosshair by finger and by arrow keys; uPlot itself knows the mouse.
  const moveTo = (plot, left) => plot.setCursor({ left, top: plot.over.clientHeight / 2 }, true, true);
  const listen = (chart, holder) => {
    const { plot } = chart;
    const byTouch = (event) => {
      if (event.touches.length !== 1) return;
      moveTo(plot, event.touches[0].clientX - plot.over.getBoundingClientRect().left);
    };
    plot.over.addEventListener("touchstart", byTouch, { passive: true });
    plot.over.addEventListener("touchmove", byTouch, { passive: true });
    holder.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const from = plot.cursor.idx ?? times.length - 1;
      const to = Math.min(times.length - 1, Math.max(0, from + step * (event.shiftKey ? 60 : 1)));
      moveTo(plot, plot.valToPos(times[to], "x"));
    });
  };

  const build = (chart) => {
    const figure = document.getElementById(chart.id);
    const holder = figure.querySelector(".plot");
    const readoutHolder = figure.querySelector(".readout");
    chart.painters = [];
    const readout = buildReadout(chart, readoutHolder);
    buildSigns(chart, readoutHolder);
    const options = plotOptions(chart, holder.clientWidth);
    options.hooks.setCursor.push((plot) => tellAt(chart, readout, plot.cursor.idx ?? times.length - 1));
    chart.plot = new uPlot(options, [times, ...chart.series.map((series) => series.values)], holder);
    tellAt(chart, readout, times.length - 1);
    listen(chart, holder);
    const resize = () => {
      const width = root.classList.contains("printing") ? PRINT_WIDTH_PX : holder.clientWidth;
      if (width > 0 && width !== chart.plot.width) chart.plot.setSize({ width, height: chart.height_px });
    };
    new ResizeObserver(resize).observe(holder);
    plots.push({ plot: chart.plot, resize, painters: chart.painters });
  };

  const repaint = () => {
    readPalette();
    for (const { plot, resize, painters } of plots) {
      resize();
      plot.redraw();
      painters.forEach((paint) => paint());
    }
  };

  const first = times[0], last = times[times.length - 1];
  const showHours = (hours) => {
    const around = data.low_secs - hours * 1800;
    const min = hours ? Math.max(first, Math.min(around, last - hours * 3600)) : first;
    const max = hours ? Math.min(last, min + hours * 3600) : last;
    for (const { plot } of plots) plot.setScale("x", { min, max });
  };

  readPalette();
  data.charts.forEach(build);
  const toolbar = document.querySelector(".toolbar");
  const buttons = [...toolbar.querySelectorAll("button")];
  toolbar.hidden = false;
  for (const button of buttons) {
    button.addEventListener("click", () => {
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      showHours(Number(button.dataset.hours));
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  const printing = (on) => () => {
    root.classList.toggle("printing", on);
    repaint();
  };
  addEventListener("beforeprint", printing(true));
  addEventListener("afterprint", printing(false));
})();
