-- Reasons are free text: without the space around them and without case they are one.
(told -> replaceRegexpAll(told, '^[\\s\\p{Z}]+|[\\s\\p{Z}]+$', '')) AS trimmed_reason,
(told -> if(trimmed_reason(told) = '', '(no reason given)', lowerUTF8(trimmed_reason(told)))) AS reason_key
