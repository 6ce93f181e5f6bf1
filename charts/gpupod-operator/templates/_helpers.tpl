{{- define "gpupod-operator.chartName" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "gpupod-operator.name" -}}
{{- $chart := include "gpupod-operator.chartName" . }}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $chart .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name $chart | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* Names of cluster-scoped objects: two releases may have one name in two namespaces. */}}
{{- define "gpupod-operator.clusterName" -}}
{{ .Release.Namespace }}-{{ include "gpupod-operator.name" . }}
{{- end }}

{{- /* Older clusters want the name of a Service to begin with a letter. */}}
{{- define "gpupod-operator.serviceName" -}}
{{- $name := include "gpupod-operator.name" . }}
{{- if regexMatch "^[0-9]" $name }}gpupod-{{ end }}{{ $name }}
{{- end }}

{{- define "gpupod-operator.serviceAccount" -}}
{{- $account := .Values.serviceAccount }}
{{- if and (not $account.create) (not $account.name) }}
{{- fail "serviceAccount.name is empty: with serviceAccount.create=false, name the ServiceAccount that the operator runs as" }}
{{- end }}
{{- $account.name | default (include "gpupod-operator.name" .) }}
{{- end }}

{{- /* Maps are written by toYaml: it quotes texts that look like numbers. */}}
{{- define "gpupod-operator.selector" -}}
{{- dict "app.kubernetes.io/name" (include "gpupod-operator.chartName" .) "app.kubernetes.io/instance" .Release.Name | toYaml }}
{{- end }}

{{- define "gpupod-operator.labels" -}}
{{- $own := include "gpupod-operator.selector" . | fromYaml }}
{{- $_ := set $own "app.kubernetes.io/version" .Chart.AppVersion }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version) }}
{{- merge $own (.Values.commonLabels | default dict) | toYaml }}
{{- end }}

{{- /* The namespaces that the operator works in, as {"list": […]}; an empty list means all of them. */}}
{{- define "gpupod-operator.watched" -}}
{{- if and .Values.watchNamespace .Values.watchNamespaces }}
{{- fail "watchNamespace and watchNamespaces are both set: put all namespaces into watchNamespaces" }}
{{- end }}
{{- $list := .Values.watchNamespaces | default list }}
{{- with .Values.watchNamespace }}{{ $list = list . }}{{ end }}
{{- dict "list" ($list | uniq) | toJson }}
{{- end }}

{{- /* The rights to do the operator's work, for all namespaces or for some. */}}
{{- define "gpupod-operator.workRules" -}}
- apiGroups: [gpupod.dev]
  resources: [gpupods]
  verbs: [get, list, watch, patch]
- apiGroups: [gpupod.dev]
  resources: [gpupods/status]
  verbs: [update]
- apiGroups: [""]
  resources: [secrets]
  {{- $verbs := list "get" "create" "update" "delete" }}
  {{- /* Patch sets and removes the finalizer of Secrets of accounts. */}}
  {{- if .Values.accounts.enabled }}{{ $verbs = append $verbs "patch" }}{{ end }}
  {{- if and .Values.accounts.enabled .Values.accounts.watchSecrets }}{{ $verbs = append $verbs "watch" }}{{ end }}
  verbs: {{ toJson $verbs }}
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- if .Values.accounts.enabled }}
- apiGroups: [gpupod.dev]
  resources: [gpuaccounts]
  verbs: [get, list, watch, patch]
- apiGroups: [gpupod.dev]
  resources: [gpuaccounts/status]
  verbs: [update]
{{- end }}
{{- end }}

{{- /* A setting as one argument. Numbers are written by toJson: printf would turn a million into 1e+06. */}}
{{- define "gpupod-operator.flag" -}}
{{- $value := .value }}
{{- if kindIs "slice" $value }}{{ $value = join "," $value }}{{ else if not (kindIs "string" $value) }}{{ $value = toJson $value }}{{ end }}
{{- printf "--%s=%s" .name $value | quote }}
{{- end }}

{{- /* Spreads the Pods of this release, unless a constraint says which Pods it counts. */}}
{{- define "gpupod-operator.topologySpread" -}}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "gpupod-operator.selector" . | fromYaml)) }}
{{- range $index, $constraint := .Values.topologySpreadConstraints }}
{{- if $index }}{{ println }}{{ end -}}
- {{ merge (deepCopy $constraint) $selector | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- /* Two releases in one namespace would share a Lease and a record: one of them would wait and never work. Helm sees the other. */}}
{{- define "gpupod-operator.refuseSecondRelease" -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items }}
{{- $labels := .metadata.labels | default dict }}
{{- $isThisChart := hasPrefix (printf "%s-" $.Chart.Name) (index $labels "helm.sh/chart" | default "") }}
{{- if and $isThisChart (ne (index $labels "app.kubernetes.io/instance" | default "") $.Release.Name) }}
{{- fail (printf "namespace %s already has the release %s of %s: install each operator in a namespace of its own" $.Release.Namespace (index $labels "app.kubernetes.io/instance") $.Chart.Name) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Empty without a proxy. The kubelet replaces $(KUBERNETES_SERVICE_HOST) by the address of the API server. */}}
{{- define "gpupod-operator.proxyEnv" -}}
{{- $proxy := .Values.proxy | default dict }}
{{- if or $proxy.httpsProxy $proxy.httpProxy }}
{{- with $proxy.httpsProxy }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with $proxy.httpProxy }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
- name: NO_PROXY
  value: {{ list $proxy.noProxy ".svc" ".cluster.local" "$(KUBERNETES_SERVICE_HOST)" | compact | join "," | quote }}
{{- end }}
{{- end }}

{{- /* The label of the Pod that runs before an uninstallation. No Service and no Deployment selects it. */}}
{{- define "gpupod-operator.uninstallName" -}}
{{ include "gpupod-operator.chartName" . }}-uninstall
{{- end }}

{{- /* Annotations of an object that exists only while the uninstallation is checked; the context is its weight. */}}
{{- define "gpupod-operator.uninstallHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
