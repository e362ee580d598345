import type { MonitoringContext } from "../scope.js";
import { staticPath } from "../../platform/names.js";
import { logServices } from "../../platform/signals.js";

/** A step that assigns log lines to named classes. The first matching search determines the class. */
export interface Classes {
  /** Attribute of the log line that receives the class name. */
  readonly target: string;
  /** Log search of each class, by class name. */
  readonly classes: Readonly<Record<string, string>>;
}

/** A pipeline that extracts attributes from the log lines of one source. Datadog itself parses JSON lines. */
export interface LogPipeline {
  /** Name of the pipeline in its Terraform address. */
  readonly id: string;
  readonly name: string;
  readonly search: string;
  /**
   * Grok rules for lines that are not JSON. Datadog applies the first matching rule. @default - none, because the lines
   * are JSON
   */
  readonly grok?: { readonly rules: readonly string[]; readonly samples: readonly string[] };
  /** Attribute with the time of the logged event. */
  readonly time: string;
  /** Attribute with the severity of the line. @default - none, because the source has no severity */
  readonly severity?: string;
  /** Attribute with the message to show. @default - the complete line */
  readonly text?: string;
  /** Steps that classify the lines, in order. @default - none */
  readonly classes?: readonly Classes[];
}

/** Log search for requests that nginx itself rejected, without forwarding them to the application. */
const refusedByNginx = "@http.status_code:(400 OR 403 OR 421) -@upstream_status:?*";

/** Returns the pipelines of the log sources for which Datadog has no suitable built-in pipeline. */
export const logPipelines = ({ config, env }: MonitoringContext): readonly LogPipeline[] => [
  {
    id: "nginx",
    name: "nginx access",
    search: `${env} service:${logServices.nginx} @request_time:*`,
    time: "timestamp",
    classes: [
      {
        target: "http.status_class",
        classes: {
          "2xx": "@http.status_code:[200 TO 299]",
          "3xx": "@http.status_code:[300 TO 399]",
          "4xx": "@http.status_code:[400 TO 499]",
          "5xx": "@http.status_code:[500 TO 599]",
        },
      },
      {
        target: "http.route_class",
        classes: {
          write: "-@http.method:(GET OR HEAD OR OPTIONS)",
          static: `@http.url_details.path:${staticPath}*`,
          read: "@http.url_details.path:*",
        },
      },
      {
        target: "http.speed",
        classes: {
          fast: `@request_time:<=${config.monitoring.serviceLevels.latencySeconds}`,
          slow: "@request_time:*",
        },
      },
      { target: "http.answered_by", classes: { refusal: refusedByNginx, application: "@http.status_code:*" } },
    ],
  },
  {
    id: "application",
    name: "application",
    search: `${env} service:${logServices.application}`,
    // The agent wraps a journal entry in an object, so Datadog does not automatically parse the JSON line inside.
    grok: { rules: ["line %{data::json}"], samples: ['{"level":"info","message":"GET / 200"}'] },
    time: "timestamp",
    severity: "level",
  },
  {
    id: "mysql",
    name: "MySQL errors",
    search: `${env} service:${logServices.mysql}`,
    grok: {
      rules: [
        "error %{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\"):timestamp} %{integer:thread} \\[%{word:level}\\] \\[%{notSpace:error.code}\\] \\[%{word:subsystem}\\] %{data:error.message}",
      ],
      samples: [
        "2026-11-23T15:13:13.328189Z 0 [System] [MY-011507] [Repl] Plugin group_replication reported: 'A new primary with address 10.0.1.12:3306 was elected.'",
      ],
    },
    time: "timestamp",
    severity: "level",
  },
  {
    id: "mysql-slow",
    name: "MySQL slow queries",
    search: `${env} service:${logServices.mysqlSlow}`,
    grok: {
      rules: [
        "slow # Time: %{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'\"):timestamp}%{data}# Query_time: %{number:query_time}\\s+Lock_time: %{number:lock_time}\\s+Rows_sent: %{integer:rows_sent}\\s+Rows_examined: %{integer:rows_examined}\\s+%{data:statement}",
      ],
      samples: [
        "# Time: 2026-11-23T15:13:13.328189Z\n# User@Host: app[app] @  [10.0.1.11]  Id: 12\n# Query_time: 2.000263  Lock_time: 0.000004 Rows_sent: 1  Rows_examined: 1\nSET timestamp=1795446793;\nselect 1;",
      ],
    },
    time: "timestamp",
    text: "statement",
  },
];
