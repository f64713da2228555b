/** A page of a template in small. */

import type { TemplateView } from "../../backend/generated";
import { gridOf } from "./templates";

const WIDTH = 30;
const HEIGHT = 42;

export function TemplatePicture({ template }: { template: TemplateView }) {
  const { columns, rows } = gridOf(template);
  const cellWidth = (WIDTH - 4) / columns;
  const cellHeight = (HEIGHT - 4) / rows;
  const side = Math.min(cellWidth / 2, cellHeight * 0.7);
  return (
    <svg
      className="template-picture"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-hidden="true"
    >
      <rect width={WIDTH} height={HEIGHT} fill="#fff" />
      {template.poster ? (
        <>
          <rect width={WIDTH} height={18} fill="#8aa0b8" />
          <rect x={4} y={22} width={16} height={2} fill="#000" />
          <rect x={4} y={28} width={10} height={10} fill="#000" />
        </>
      ) : (
        Array.from({ length: rows * columns }, (_, cell) => {
          const x = 2 + (cell % columns) * cellWidth;
          const y = 2 + Math.floor(cell / columns) * cellHeight;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: cells have nothing but their place
            <g key={cell}>
              <rect
                x={x + 0.5}
                y={y + (cellHeight - side) / 2}
                width={side}
                height={side}
                fill="#000"
              />
              <rect
                x={x + side + 1.5}
                y={y + cellHeight / 2 - 0.5}
                width={Math.max(1, cellWidth - side - 2.5)}
                height={1}
                fill="#b9bfc7"
              />
            </g>
          );
        })
      )}
    </svg>
  );
}
