const errors = [EventNotSupported, InvalidEventPayload, ValidationError, RetryError, DropEvent, Error];
async function onTrack({ n }) {
  throw new errors[n]('m');
}
