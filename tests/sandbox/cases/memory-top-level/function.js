const kept = [];
for (;;) kept.push(new ArrayBuffer(1e6));

function onTrack() {}
