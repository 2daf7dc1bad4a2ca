// Tells a chat channel of accounts whose trial ends, in TypeScript: `penstock functions types examples/typescript`
// writes the types for your editor.
interface Settings extends Penstock.Settings {
  webhookUrl: string;
  minSeats?: string;
}

interface Trial {
  plan: string;
  seats: number;
  endsAt: string;
}

function card({ plan, seats, endsAt }: Trial, who: string): { text: string } {
  return { text: `The trial of ${who} ends on ${endsAt.slice(0, 10)}: ${seats} seats of ${plan}` };
}

export async function onTrack(event: Penstock.Track<Trial>, settings: Settings): Promise<{ sent: boolean }> {
  if (event.event !== 'Trial Ending') throw new EventNotSupported(`${event.event} is no matter of ours`);
  const trial = event.properties;
  if (!trial) throw new InvalidEventPayload('properties are missing');
  if (trial.seats < Number(settings.minSeats ?? 1)) return { sent: false };

  const answer = await fetch(settings.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(card(trial, event.userId ?? 'somebody')),
  });
  if (answer.status === 429 || answer.status >= 500) throw new RetryError(`the chat answered ${answer.status}`);
  if (!answer.ok) throw new ValidationError(`the chat refused the card: ${await answer.text()}`);
  return { sent: true };
}
