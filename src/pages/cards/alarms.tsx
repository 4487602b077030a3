// What needs a look, with what to do.
import type { Alarm } from "../../report/schema.ts";
import { Advice } from "../layout.tsx";

export function Alarms({ alarms }: { alarms: Alarm[] }) {
  return (
    <ul class="alarms">
      {alarms.map(({ text, advice, windowId }) => (
        <li>
          <strong>{windowId === null ? text : <a href={`/windows/${windowId}`}>{text}</a>}</strong>{" "}
          <Advice text={advice} />
        </li>
      ))}
    </ul>
  );
}
