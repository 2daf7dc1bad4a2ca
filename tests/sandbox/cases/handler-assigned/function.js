onTrack = async () => 'assigned';
