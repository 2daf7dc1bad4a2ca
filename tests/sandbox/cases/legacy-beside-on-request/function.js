exports.processEvents = async () => 'the old one';
async function onRequest() { return 'the new one'; }
