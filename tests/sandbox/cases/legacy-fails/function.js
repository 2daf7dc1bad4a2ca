exports.processEvents = async () => {
  throw new RetryError('later');
};
