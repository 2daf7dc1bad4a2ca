function onTrack(event) {
  console.log('total is %d', event.properties.total, { a: [1] });
  console.warn('careful');
}
