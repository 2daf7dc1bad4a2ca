const errors = [EventNotSupported, InvalidEventPayload, ValidationError, RetryError];
let n = 0;
async function onRequest() { throw new errors[n++]('m'); }
