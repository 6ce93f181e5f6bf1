{{- /* A Role in a namespace that does not exist would fail the installation half done. The release's own is made by Helm. */}}
{{- define "gpupod-operator.refuseMissingNamespaces" -}}
{{- /* Without a cluster, as in helm template, a lookup finds not even an empty list. */}}
{{- if lookup "apps/v1" "Deployment" .Release.Namespace "" }}
{{- range (include "gpupod-operator.watched" . | fromJson).list }}
{{- if and (ne . $.Release.Namespace) (not (lookup "v1" "Namespace" "" .)) }}
{{- fail (printf "watchNamespaces: namespace %q does not exist: create it first, or correct the name" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Instances of namespaces that this release watches until this upgrade, one on a line. Nobody follows them afterwards. */}}
{{- define "gpupod-operator.leftInstances" -}}
{{- $watched := (include "gpupod-operator.watched" . | fromJson).list }}
{{- $running := (include "gpupod-operator.runningArgs" . | fromJson).list }}
{{- if and $watched $running (.Capabilities.APIVersions.Has "gpupod.dev/v1alpha1/GpuPod") }}
{{- $before := list "" }}
{{- range $running }}
{{- if hasPrefix "--watch-namespace=" . }}{{ $before = splitList "," (trimPrefix "--watch-namespace=" .) }}{{ end }}
{{- end }}
{{- range $namespace := $before }}
{{- if not (has $namespace $watched) }}
{{- range (lookup "gpupod.dev/v1alpha1" "GpuPod" $namespace "").items }}
{{- $status := .status | default dict }}
{{- if and $status.podId (not (has .metadata.namespace $watched)) }}
   {{ .metadata.namespace }}/{{ .metadata.name }}: instance {{ $status.podId }}{{ with ($status.cost | default dict).pricePerHour }}, {{ . }} USD/h{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Flags of the operator that runs, before an upgrade: JSON with a list. */}}
{{- define "gpupod-operator.runningArgs" -}}
{{- $args := list }}
{{- with lookup "apps/v1" "Deployment" .Release.Namespace (include "gpupod-operator.name" .) }}
{{- $args = (index .spec.template.spec.containers 0).args }}
{{- end }}
{{- dict "list" $args | toJson }}
{{- end }}

{{- /* Without accounts.enabled nobody would terminate what accounts pay for, and no limit would apply to it. */}}
{{- define "gpupod-operator.refuseLeftAccounts" -}}
{{- $before := (include "gpupod-operator.runningArgs" . | fromJson).list }}
{{- if and (not .Values.accounts.enabled) (has "--gpu-accounts=true" $before) }}
{{- $watched := (include "gpupod-operator.watched" . | fromJson).list }}
{{- $left := list }}
{{- range $namespace := ($watched | default (list "")) }}
{{- range (lookup "gpupod.dev/v1alpha1" "GpuPod" $namespace "").items }}
{{- $status := .status | default dict }}
{{- if and $status.podId ($status.account | default dict).name }}
{{- $left = append $left (printf "%s/%s" .metadata.namespace .metadata.name) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $left }}
{{- fail (printf "accounts.enabled is false, but accounts pay for the instances of %d GpuPods, such as %s. Nobody would terminate the instances, and no limit would apply to them. Set accounts.enabled=true, or delete the GpuPods first and wait until they are gone" (len .) (first .)) }}
{{- end }}
{{- end }}
{{- end }}
