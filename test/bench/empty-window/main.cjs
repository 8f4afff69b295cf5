// The baseline of the bench: the least that an Electron program can be. One line when its window has painted.
const { app, BrowserWindow } = require('electron');

void app.whenReady().then(() => {
  const window = new BrowserWindow({ show: false, width: 400, height: 680 });
  window.once('ready-to-show', () => {
    window.show();
    process.stdout.write(`painted ${Date.now()}\n`);
  });
  void window.loadURL('data:text/html,<!doctype html><title>Empty</title><p>Empty</p>');
});
process.on('SIGTERM', () => app.quit());
