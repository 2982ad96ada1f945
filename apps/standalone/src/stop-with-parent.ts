/** Loaded into every service that the launcher starts: when the launcher is gone, however it went, the service stops too. */
process.channel?.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
