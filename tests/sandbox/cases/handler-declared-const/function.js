// First line.
  const onTrack = () => 1;
