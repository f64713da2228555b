/**
 * Draws I420 pictures with WebGL 2: three planes as textures, the colours worked out by the
 * graphics card. Fewest bytes of the exact ways, but dear where the card is a program.
 */

import type { Frame, FrameHeader } from "../../../backend/frames";
import { colourTransform } from "./colour";
import { type FrameSink, fitCanvas, SinkUnavailable } from "./sink";

const VERTEX = `#version 300 es
out vec2 at;
void main() {
  vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
  at = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D plane0;
uniform sampler2D plane1;
uniform sampler2D plane2;
uniform mat3 matrix;
uniform vec3 offset;
in vec2 at;
out vec4 colour;
void main() {
  vec3 yuv = vec3(texture(plane0, at).r, texture(plane1, at).r, texture(plane2, at).r);
  colour = vec4(matrix * (yuv + offset), 1.0);
}`;

/** One plane of an I420 picture inside its pixels. */
interface Plane {
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
}

/** A sink for I420 on `canvas`; `onLost` is called when the graphics card goes away. */
export function webglSink(canvas: HTMLCanvasElement, onLost: () => void): FrameSink {
  const gl = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
    // Where the page is drawn without a graphics driver, a canvas may be painted again long after its picture.
    preserveDrawingBuffer: true,
  });
  if (!gl) throw new SinkUnavailable("no WebGL 2");
  const program = linkProgram(gl);
  const place = {
    matrix: gl.getUniformLocation(program, "matrix"),
    offset: gl.getUniformLocation(program, "offset"),
  };
  // biome-ignore lint/correctness/useHookAtTopLevel: a call of WebGL, not a hook.
  gl.useProgram(program);
  for (const unit of [0, 1, 2]) gl.uniform1i(gl.getUniformLocation(program, `plane${unit}`), unit);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  let textures: WebGLTexture[] = [];
  let colours = "";

  const lost = (event: Event) => {
    event.preventDefault();
    onLost();
  };
  canvas.addEventListener("webglcontextlost", lost);

  const setColours = ({ matrix, fullRange, height }: FrameHeader) => {
    const wanted = `${matrix} ${fullRange} ${height}`;
    if (wanted === colours) return;
    colours = wanted;
    const transform = colourTransform(matrix, fullRange, height);
    gl.uniformMatrix3fv(place.matrix, false, transform.matrix);
    gl.uniform3fv(place.offset, transform.offset);
  };

  return {
    format: "i420",
    draw(frame) {
      const layout = planes(frame.header);
      if (fitCanvas(canvas, frame) || textures.length === 0) {
        for (const texture of textures) gl.deleteTexture(texture);
        textures = layout.map((plane, unit) => planeTexture(gl, unit, plane));
        gl.viewport(0, 0, canvas.width, canvas.height);
      }
      setColours(frame.header);
      upload(gl, frame, layout);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      return true;
    },
    close() {
      canvas.removeEventListener("webglcontextlost", lost);
      for (const texture of textures) gl.deleteTexture(texture);
      gl.deleteProgram(program);
      // Browsers keep few contexts; one that is not needed any more must not wait for the collector.
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

/** Where the three planes of an I420 picture lie. */
export function planes({ width, height, strides }: FrameHeader): Plane[] {
  const [luma, chroma] = strides;
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2), stride: chroma };
  const first = luma * height;
  return [
    { offset: 0, width, height, stride: luma },
    { offset: first, ...half },
    { offset: first + chroma * half.height, ...half },
  ];
}

function upload(gl: WebGL2RenderingContext, { pixels }: Frame, layout: Plane[]) {
  layout.forEach(({ offset, width, height, stride }, unit) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, stride);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      0,
      0,
      width,
      height,
      gl.RED,
      gl.UNSIGNED_BYTE,
      pixels.subarray(offset, offset + stride * height),
    );
  });
}

function planeTexture(gl: WebGL2RenderingContext, unit: number, plane: Plane): WebGLTexture {
  const texture = gl.createTexture();
  if (!texture) throw new SinkUnavailable("no texture");
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8, plane.width, plane.height);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

function linkProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new SinkUnavailable("no shader");
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new SinkUnavailable(gl.getProgramInfoLog(program) ?? "the shaders do not link");
  }
  return program;
}
