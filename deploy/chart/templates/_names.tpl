{{- define "profiles.name" -}}
{{- $name := ternary .Release.Name (print .Release.Name "-" .Chart.Name) (contains .Chart.Name .Release.Name) }}
{{- $name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "profiles.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "profiles.labels" -}}
{{ include "profiles.selector" . }}
{{ include "profiles.release" . }}
{{- end }}

{{- define "profiles.release" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "profiles.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* What every pod is held to. */}}
{{- define "profiles.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "profiles.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* What the database is reached with: a password, and the authority of its certificate. */}}
{{- define "profiles.mounts" -}}
- { name: database, mountPath: /run/secrets/database, readOnly: true }
{{- if .Values.database.authority }}
- { name: authority, mountPath: /run/config/database, readOnly: true }
{{- end }}
{{- end }}

{{- define "profiles.volumes" -}}
- name: database
  secret:
    secretName: {{ .secret }}
    defaultMode: 0444
    items: [{ key: {{ .key }}, path: password }]
{{- if .authority }}
- name: authority
  configMap: { name: {{ .authority }} }
{{- end }}
{{- end }}
