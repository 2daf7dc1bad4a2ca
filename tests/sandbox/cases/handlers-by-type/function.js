for (const type of ['Identify', 'Track', 'Page', 'Screen', 'Group', 'Alias', 'Delete']) {
  eval(`on${type} = async (event, settings) => ['on${type}', event.n, settings.key]`);
}
