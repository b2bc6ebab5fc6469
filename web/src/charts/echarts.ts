/**
 * The only door to ECharts: just the parts that the panels draw with, and the SVG renderer.
 *
 * Loaded after the first paint; until it is here the figures of a panel already stand.
 */
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, GridComponent, AriaComponent, SVGRenderer]);

export { init };
