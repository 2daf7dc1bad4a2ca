let onTrack = () => 1;
