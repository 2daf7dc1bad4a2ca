function onIdentify() {
  return 'still here';
}
