function onTrack() { gone; }
