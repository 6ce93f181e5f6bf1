{{- define "gpupod-operator.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "gpupod-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gpupod-operator.labels" -}}
{{ include "gpupod-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* The rights to do the operator's work, for all namespaces or for one. */}}
{{- define "gpupod-operator.workRules" -}}
- apiGroups: [gpupod.dev]
  resources: [gpupods]
  verbs: [get, list, watch, patch]
- apiGroups: [gpupod.dev]
  resources: [gpupods/status]
  verbs: [update]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, update, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- /* Two releases in one namespace would share a Lease and a record: one of them would wait and never work. Helm sees the other. */}}
{{- define "gpupod-operator.refuseSecondRelease" -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items }}
{{- $labels := .metadata.labels | default dict }}
{{- if and (eq (index $labels "app.kubernetes.io/name" | default "") $.Chart.Name) (ne (index $labels "app.kubernetes.io/instance" | default "") $.Release.Name) }}
{{- fail (printf "namespace %s already has the release %s of %s: install each operator in a namespace of its own" $.Release.Namespace (index $labels "app.kubernetes.io/instance") $.Chart.Name) }}
{{- end }}
{{- end }}
{{- end }}
