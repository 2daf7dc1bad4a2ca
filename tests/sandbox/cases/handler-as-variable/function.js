var onTrack = async (event) => event.event;
onIdentify = function () { return 'still here'; };
