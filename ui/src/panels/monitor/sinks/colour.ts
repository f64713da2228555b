/** From Y′CbCr samples to R′G′B′, as the matrix and range of a picture say. */

/** `rgb = matrix · (sample + offset)`, samples and result from 0 to 1; columns Y, Cb, Cr. */
export interface ColourTransform {
  /** Nine numbers, column by column. */
  readonly matrix: Float32Array;
  /** Added to Y, Cb and Cr first. */
  readonly offset: Float32Array;
}

/** Rows from which a picture without a matrix is taken for BT.709. */
const HD_ROWS = 576;

/** The transform for a matrix of ISO 23091-2 (1, 5, 6, 9; else by the picture's height). */
export function colourTransform(
  matrix: number,
  fullRange: boolean,
  height: number,
): ColourTransform {
  const { red, blue } = weights(matrix, height);
  const green = 1 - red - blue;
  const y = fullRange ? 1 : 255 / 219;
  const c = fullRange ? 1 : 255 / 224;
  const toRed = 2 * (1 - red) * c;
  const toBlue = 2 * (1 - blue) * c;
  return {
    matrix: new Float32Array([
      y,
      y,
      y,
      0,
      (-toBlue * blue) / green,
      toBlue,
      toRed,
      (-toRed * red) / green,
      0,
    ]),
    offset: new Float32Array([fullRange ? 0 : -16 / 255, -128 / 255, -128 / 255]),
  };
}

/** The share of red and blue in the brightness. */
function weights(matrix: number, height: number): { red: number; blue: number } {
  if (matrix === 9) return { red: 0.2627, blue: 0.0593 };
  if (matrix === 5 || matrix === 6) return { red: 0.299, blue: 0.114 };
  if (matrix === 1 || height > HD_ROWS) return { red: 0.2126, blue: 0.0722 };
  return { red: 0.299, blue: 0.114 };
}
