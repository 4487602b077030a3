// One message that Slack, Mattermost and the like read by `text`, Teams by the card. Pure.

/** @param lines of the card, where they are written otherwise than those of the text */
export function payloadFor<T extends { text: string }>(
  webhookUrl: string,
  message: T,
  lines: readonly string[] = message.text.split("\n"),
): object {
  const payload = { type: "message", version: 1, ...message };
  // Slack would take the card for an attachment of its own kind.
  if (/(^|\.)slack\.com$/.test(new URL(webhookUrl).hostname)) return payload;
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: lines.map((text) => ({ type: "TextBlock", text, wrap: true })),
  };
  return { ...payload, attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }] };
}
