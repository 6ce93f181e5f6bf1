{{- /* The image of every container. There is no default repository: nobody here owns a name that could be one. */}}
{{- define "gpupod-operator.image" -}}
{{- $image := .Values.image | default dict }}
{{- if not $image.repository }}
{{- fail "image.repository is empty: set it to the repository that you push the operator to, as in --set image.repository=registry.example.com/gpupod-operator" }}
{{- end }}
{{- if contains "@" $image.repository }}
{{- fail (printf "image.repository: %q has a digest in it; put that into image.digest" $image.repository) }}
{{- end }}
{{- if contains ":" (base $image.repository) }}
{{- fail (printf "image.repository: %q has a tag in it; put that into image.tag" $image.repository) }}
{{- end }}
{{- $tag := $image.tag | default (ternary "" .Chart.AppVersion (not (empty $image.digest))) }}
{{- $image.repository }}{{ with $tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}
