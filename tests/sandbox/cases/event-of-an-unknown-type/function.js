let ran = 0;
function onTrack() { return ++ran; }
