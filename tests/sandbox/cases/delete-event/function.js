async function onDelete(event) {
  return [event.type, event.channel, event.userId, event.context, event.integrations];
}
