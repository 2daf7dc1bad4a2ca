exports.other = 1; // processEvents is not there
function onTrack() { return typeof exports; }
