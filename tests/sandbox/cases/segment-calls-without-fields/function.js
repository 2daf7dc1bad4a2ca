async function onRequest() {
  Segment.track();
}
