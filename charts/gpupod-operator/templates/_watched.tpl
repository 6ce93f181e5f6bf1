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
{{- $running := lookup "apps/v1" "Deployment" .Release.Namespace (include "gpupod-operator.name" .) }}
{{- if and $watched $running (.Capabilities.APIVersions.Has "gpupod.dev/v1alpha1/GpuPod") }}
{{- $before := list "" }}
{{- range (index $running.spec.template.spec.containers 0).args }}
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
