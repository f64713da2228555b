/** A digest, cut to what tells two apart, with all of it to copy. */

import { IconCopy } from "@tabler/icons-react";
import { IconButton } from "../../design";
import { copyText } from "./clipboard";
import { FactWith } from "./FactWith";

export function DigestFact(props: {
  name: string;
  /** As it is called in a sentence: `the SHA-256`. */
  called: string;
  /** All of it, hex. */
  full: string;
  /** What is shown of it. */
  value: string;
  testId: string;
}) {
  const { name, called, full, value, testId } = props;
  return (
    <FactWith name={name} value={value} full={full} testId={testId}>
      <IconButton
        size="sm"
        label={`Copy ${called}`}
        onClick={() => void copyText(full, called.charAt(0).toUpperCase() + called.slice(1))}
      >
        <IconCopy size={14} />
      </IconButton>
    </FactWith>
  );
}
