for (;;);

function onTrack() {}
