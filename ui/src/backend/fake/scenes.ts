/** Pictures that are drawn instead of decoded: a scene that moves with the frame, and the frame's
 * number twice, in digits and as a row of 16 black and white blocks that a test can read. */
import type { SceneName } from "./footage";

/** Blocks in the row under a picture; the first is the highest bit. */
export const BLOCKS = 16;
/** Height of that row as a share of the picture. */
export const BLOCK_ROW = 0.06;

type Pen = CanvasRenderingContext2D;

/** Draws the scene of a frame over the whole canvas. */
export function drawScene(pen: Pen, scene: SceneName, frame: number): void {
  pen.save();
  pen.scale(pen.canvas.width / 320, pen.canvas.height / 180);
  SCENES[scene](pen, frame);
  pen.restore();
}

const SCENES: Record<SceneName, (pen: Pen, frame: number) => void> = {
  meadow(pen, frame) {
    gradient(pen, "#8fc4ee", "#dff0fb");
    hill(pen, "#4d8a35", 110, frame * 0.2);
    hill(pen, "#6bab3f", 132, frame * 0.5 + 80);
    rect(pen, "#6b4a2f", 30, 60, 12, 90);
    disc(pen, "#3f7a2c", 36, 56, 30);
    const hop = Math.abs(Math.sin(frame / 9)) * 14;
    disc(pen, "#a9a39b", 178, 126 - hop, 24);
    disc(pen, "#bdb7ae", 178, 96 - hop, 16);
    rect(pen, "#a9a39b", 168, 64 - hop, 6, 24);
    rect(pen, "#a9a39b", 182, 64 - hop, 6, 24);
    disc(pen, "#222222", 172, 94 - hop, 2);
    disc(pen, "#222222", 184, 94 - hop, 2);
  },
  forecourt(pen, frame) {
    gradient(pen, "#5d5f62", "#4a4c4f");
    for (let i = 0; i < 4; i += 1) rect(pen, "#c9cbcd", 18 + i * 92, 8, 3, 56);
    car(pen, "#b0222d", 132, ((frame * 1.4 + 40) % 300) - 80);
    car(pen, "#c3cdd2", 66, 190 - ((frame * 1.1) % 300));
    car(pen, "#3d4c63", 236, ((frame * 0.8 + 170) % 320) - 80);
  },
  gallery(pen, frame) {
    room(pen, "#dfe2e4", "#a2673a", "#8a552d");
    rect(pen, "#33383d", 16, 30, 70, 52);
    rect(pen, "#e9e4d8", 22, 36, 58, 40);
    person(pen, "#14202e", 176 + Math.sin(frame / 60) * 40);
  },
  evening(pen, frame) {
    room(pen, "#b9aa9a", "#7a4a2a", "#653b1f");
    rect(pen, "#43352c", 226, 26, 74, 56);
    rect(pen, "#d9b98a", 232, 32, 62, 44);
    person(pen, "#2c1f2c", 96 + ((frame * 0.6) % 140));
  },
  stage(pen, frame) {
    gradient(pen, "#17131f", "#2a2036");
    const swing = Math.sin(frame / 40) * 40;
    beam(pen, "#6d5ca844", 90, 90 + swing);
    beam(pen, "#a85c7a44", 220, 220 - swing);
    rect(pen, "#0d0b12", 0, 150, 320, 30);
    person(pen, "#0a0910", 160 + swing / 2);
  },
};

/** Writes the number of a frame over a picture, in digits and in blocks. */
export function drawNumber(pen: Pen, frame: number): void {
  const { width, height } = pen.canvas;
  const size = Math.round(height * 0.16);
  pen.font = `600 ${size}px "JetBrains Mono Variable", monospace`;
  pen.textBaseline = "top";
  const text = String(frame);
  const wide = pen.measureText(text).width;
  pen.fillStyle = "#000000b0";
  pen.fillRect(size * 0.4, size * 0.4, wide + size * 0.6, size * 1.2);
  pen.fillStyle = "#ffffff";
  pen.fillText(text, size * 0.7, size * 0.52);
  const top = Math.round(height * (1 - BLOCK_ROW));
  for (let i = 0; i < BLOCKS; i += 1) {
    const left = Math.round((i * width) / BLOCKS);
    const right = Math.round(((i + 1) * width) / BLOCKS);
    pen.fillStyle = (frame >> (BLOCKS - 1 - i)) & 1 ? "#ffffff" : "#000000";
    pen.fillRect(left, top, right - left, height - top);
  }
}

function gradient(pen: Pen, above: string, below: string): void {
  const fill = pen.createLinearGradient(0, 0, 0, 180);
  fill.addColorStop(0, above);
  fill.addColorStop(1, below);
  pen.fillStyle = fill;
  pen.fillRect(0, 0, 320, 180);
}

function rect(pen: Pen, fill: string, x: number, y: number, w: number, h: number): void {
  pen.fillStyle = fill;
  pen.fillRect(x, y, w, h);
}

function disc(pen: Pen, fill: string, x: number, y: number, r: number): void {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.arc(x, y, r, 0, Math.PI * 2);
  pen.fill();
}

function hill(pen: Pen, fill: string, y: number, shift: number): void {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.moveTo(0, 180);
  for (let x = 0; x <= 320; x += 16) pen.lineTo(x, y + Math.sin((x + shift) / 50) * 12);
  pen.lineTo(320, 180);
  pen.fill();
}

function car(pen: Pen, fill: string, x: number, y: number): void {
  pen.fillStyle = "#0005";
  pen.fillRect(x + 3, y + 4, 40, 74);
  pen.fillStyle = fill;
  pen.beginPath();
  pen.roundRect(x, y, 40, 74, 10);
  pen.fill();
  rect(pen, "#1b2127", x + 6, y + 18, 28, 12);
  rect(pen, "#1b2127", x + 6, y + 54, 28, 8);
  rect(pen, "#ffffff30", x + 6, y + 30, 28, 24);
}

function room(pen: Pen, wall: string, floor: string, joint: string): void {
  rect(pen, wall, 0, 0, 320, 112);
  rect(pen, "#00000018", 200, 0, 26, 112);
  rect(pen, floor, 0, 112, 320, 68);
  for (let i = -4; i < 24; i += 1) {
    pen.strokeStyle = joint;
    pen.beginPath();
    pen.moveTo(160 + (i - 10) * 14, 112);
    pen.lineTo(160 + (i - 10) * 34, 180);
    pen.stroke();
  }
}

function person(pen: Pen, fill: string, x: number): void {
  disc(pen, "#7b5a45", x, 52, 9);
  pen.fillStyle = fill;
  pen.beginPath();
  pen.roundRect(x - 15, 62, 30, 48, 8);
  pen.fill();
  rect(pen, fill, x - 12, 104, 10, 50);
  rect(pen, fill, x + 2, 104, 10, 50);
}

function beam(pen: Pen, fill: string, from: number, to: number): void {
  pen.fillStyle = fill;
  pen.beginPath();
  pen.moveTo(from, 0);
  pen.lineTo(to - 40, 160);
  pen.lineTo(to + 40, 160);
  pen.fill();
}
