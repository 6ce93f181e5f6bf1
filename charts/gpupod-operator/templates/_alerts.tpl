{{/* alerts.yaml with what the values say: where the runbook is, and how long an instance may run. */}}
{{- define "gpupod-operator.alerts" -}}
{{- $rule := .Values.metrics.prometheusRule }}
{{- $alerts := .Files.Get "alerts.yaml" | replace "168 * 3600" (printf "%v * 3600" (int ($rule.longRunningAfterHours | default 168))) }}
{{- with $rule.runbookUrl }}
{{- $alerts = replace "runbook: docs/how-to/runbooks.md#" (printf "runbook_url: %s#" .) $alerts }}
{{- end }}
{{- if .Values.metrics.serviceMonitor.enabled }}
{{- /* The ServiceMonitor decides how the series of this release are labelled: miss exactly these. */}}
{{- $job := printf "%s-metrics" (include "gpupod-operator.serviceName" .) }}
{{- $own := printf "absent_over_time(gpupod_leader{namespace=%q, job=%q}[6h])" .Release.Namespace $job }}
{{- $alerts = replace "absent_over_time(gpupod_leader[6h])" $own $alerts }}
{{- end }}
{{- $alerts }}
{{- end }}
