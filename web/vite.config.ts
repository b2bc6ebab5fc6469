/**
 * Builds the page into `dist`, nothing inline, so that a strict content policy holds. `npm run dev`
 * serves it over the development stand-in, or over a real reporting when OMNI_API names one.
 */
import { defineConfig, type Plugin } from 'vite';

function standIn(): Plugin {
  return {
    name: 'omni-stand-in',
    apply: 'serve',
    async configureServer(server) {
      if (process.env.OMNI_API || process.env.VITEST) return;
      const { StandIn } = await import('./dev/standin.ts');
      const made = new StandIn(7, null);
      setInterval(() => made.step(), 1500).unref();
      server.middlewares.use((request, response, next) => void made.middleware(request, response, next));
    },
  };
}

export default defineConfig({
  plugins: [standIn()],
  server: process.env.OMNI_API ? { proxy: { '/api': { target: process.env.OMNI_API } } } : {},
  build: {
    target: ['es2022', 'chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  test: { setupFiles: ['test/setup.ts'], include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
} as import('vite').UserConfig);
