//go:build webkit

/* Questions of pages: shown by our own panel, never by a window. */

#include "pages.h"

static struct {
	WebKitScriptDialog *shown;
	WebKitWebView *view;
} asked;

/* Whose page it is; an empty popup is its opener's. */
static const char *origin(WebKitWebView *view)
{
	for (struct page *p = pages_find(view); p; p--) {
		const char *uri = webkit_web_view_get_uri(p->view);
		if (is_content(uri) || !pages_is_popup(p->view))
			return uri ? uri : "";
	}
	return "";
}

static gboolean on_dialog(WebKitWebView *view, WebKitScriptDialog *dialog, gpointer data)
{
	WebKitScriptDialogType type = webkit_script_dialog_get_dialog_type(dialog);
	const char *preset = type == WEBKIT_SCRIPT_DIALOG_PROMPT ?
		webkit_script_dialog_prompt_get_default_text(dialog) : NULL;
	const char *message = webkit_script_dialog_get_message(dialog);
	if (!asked.shown && pages_find(view) &&
		kioskDialog(engine.handle, type, (char *)origin(view), (char *)(message ? message : ""), (char *)(preset ? preset : ""))) {
		asked.shown = webkit_script_dialog_ref(dialog);
		asked.view = view;
	} else if (type == WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM) {
		/* Anything else leaves the navigation hanging on an answer. */
		webkit_script_dialog_confirm_set_confirmed(dialog, TRUE);
	}
	return TRUE;
}

void engine_dialog_answer(int confirmed, const char *text)
{
	WebKitScriptDialog *dialog = asked.shown;
	if (!dialog)
		return;
	asked.shown = NULL;
	switch (webkit_script_dialog_get_dialog_type(dialog)) {
	case WEBKIT_SCRIPT_DIALOG_CONFIRM:
	case WEBKIT_SCRIPT_DIALOG_BEFORE_UNLOAD_CONFIRM:
		webkit_script_dialog_confirm_set_confirmed(dialog, confirmed);
		break;
	case WEBKIT_SCRIPT_DIALOG_PROMPT:
		if (confirmed)
			webkit_script_dialog_prompt_set_text(dialog, text ? text : "");
		break;
	default:
		break;
	}
	webkit_script_dialog_close(dialog);
	webkit_script_dialog_unref(dialog);
}

void dialog_drop(WebKitWebView *view)
{
	if (!asked.shown || asked.view != view)
		return;
	kioskDialog(engine.handle, -1, "", "", "");
	engine_dialog_answer(FALSE, NULL);
}

void dialog_connect(WebKitWebView *view)
{
	g_signal_connect(view, "script-dialog", G_CALLBACK(on_dialog), NULL);
}
