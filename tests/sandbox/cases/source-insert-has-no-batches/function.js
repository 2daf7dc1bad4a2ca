function onBatch(events) { return events; }
