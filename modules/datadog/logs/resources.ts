import type {
  LogsCustomPipelineConfig,
  LogsCustomPipelineProcessor,
} from "@cdktf/provider-datadog/lib/logs-custom-pipeline/index.js";
import type { LogsMetricConfig } from "@cdktf/provider-datadog/lib/logs-metric/index.js";
import { literal } from "../../terraform/literal.js";
import type { LogMetric } from "./metrics.js";
import type { Classes, LogPipeline } from "./pipelines.js";

const sortInto = ({ target, classes }: Classes): LogsCustomPipelineProcessor => ({
  categoryProcessor: {
    name: `classes of ${target}`,
    isEnabled: true,
    target,
    category: Object.entries(classes).map(([name, query]) => ({ name, filter: { query } })),
  },
});

function processors({ grok, time, severity, text, classes = [] }: LogPipeline): readonly LogsCustomPipelineProcessor[] {
  const parse: LogsCustomPipelineProcessor[] = grok
    ? [
        {
          grokParser: {
            name: "line",
            isEnabled: true,
            source: "message",
            samples: [...grok.samples],
            grok: { matchRules: literal(grok.rules.join("\n")), supportRules: "" },
          },
        },
      ]
    : [];
  return [
    ...parse,
    { dateRemapper: { name: "time", isEnabled: true, sources: [time] } },
    ...(severity === undefined ? [] : [{ statusRemapper: { name: "severity", isEnabled: true, sources: [severity] } }]),
    ...(text === undefined ? [] : [{ messageRemapper: { name: "text", isEnabled: true, sources: [text] } }]),
    ...classes.map(sortInto),
  ];
}

/** Returns a log pipeline in the format of the Terraform provider. */
export const pipelineConfig = (pipeline: LogPipeline, environment: string): LogsCustomPipelineConfig => ({
  name: `[${environment}] ${pipeline.name}`,
  isEnabled: true,
  filter: [{ query: pipeline.search }],
  processor: [...processors(pipeline)],
});

/** Returns a log-based metric in the format of the Terraform provider. */
export const logMetricConfig = ({ name, search, measure, by }: LogMetric): LogsMetricConfig => ({
  name,
  filter: { query: search },
  compute:
    measure === undefined
      ? { aggregationType: "count" }
      : { aggregationType: "distribution", path: measure, includePercentiles: true },
  groupBy: Object.entries(by).map(([tagName, { path }]) => ({ path, tagName })),
});
